import Testing

@testable import Training

@Suite struct SchedulesTests {
  @Test("the smooth ramp is target/13 a quarter of the way and 5/13 half way")
  func smooth() {
    let schedule = RadiusSchedule(form: .smooth, start: 100, end: 500, target: 0.26)
    #expect(schedule.radius(at: 0) == 0)
    #expect(schedule.radius(at: 100) == 0)
    #expect(abs(schedule.radius(at: 200) - 0.02) < 1e-12)
    #expect(abs(schedule.radius(at: 300) - 0.1) < 1e-12)
    #expect(schedule.radius(at: 500) == 0.26)
    #expect(schedule.radius(at: 10_000) == 0.26)
    for step in 0..<600 { #expect(schedule.radius(at: step) <= schedule.radius(at: step + 1)) }
    // The slope is continuous where the power meets the line.
    let before = schedule.radius(at: 200) - schedule.radius(at: 199)
    let after = schedule.radius(at: 201) - schedule.radius(at: 200)
    #expect(abs(before - after) < 0.02 * after)
  }

  @Test("a straight ramp, one of no length, and ones of a few steps")
  func others() {
    let linear = RadiusSchedule(form: .linear, start: 10, end: 20, target: 0.5)
    #expect(linear.radius(at: 15) == 0.25)
    #expect(linear.progress(at: 15) == 0.5)
    for form in RadiusSchedule.Form.allCases {
      #expect(RadiusSchedule(form: form, start: 0, end: 0, target: 0.3).radius(at: 0) == 0.3)
      for length in 1..<10 {
        let schedule = RadiusSchedule(form: form, start: 5, end: 5 + length, target: 0.3)
        for step in 0...20 {
          #expect(schedule.radius(at: step).isFinite)
          #expect((0...0.3).contains(schedule.radius(at: step)))
        }
      }
    }
  }

  @Test("the learning rate drops at its milestones")
  func rate() {
    let decay = StepDecay(initial: 1, factor: 0.5, milestones: [2, 4])
    #expect((0...5).map { decay.rate(inEpoch: $0) } == [1, 1, 0.5, 0.5, 0.25, 0.25])
  }
}
