import Tensors
import Testing

@testable import Reports

@Suite struct LabelPlacementTests {
  private static let frame = LabelPlacement.Rectangle(left: 80, top: 70, width: 640, height: 350)

  /// Marks anywhere, crowded, or all in one place: no label covers a mark or another label.
  @Test(arguments: 0..<200) func nothingIsCovered(seed: UInt64) {
    var stream = RandomStream(seed: seed, purpose: "labels")
    let extent = [350, 60, 5, 0][Int(seed % 4)]
    let (x, y) = (stream.uniform(100, 350), stream.uniform(90, 300))
    let marks = (0..<6).map { _ in
      LabelPlacement.Mark(
        x: x + stream.uniform(0, Double(extent)), y: min(400, y + stream.uniform(0, Double(extent))),
        width: stream.uniform(50, 130), height: 16)
    }
    let places = LabelPlacement.places(for: marks, in: Self.frame)
    #expect(places.count == 6)
    for (i, place) in places.enumerated() {
      #expect(place.lies(in: Self.frame))
      #expect(!places[..<i].contains { $0.overlaps(place) })
      for mark in marks {
        let point = LabelPlacement.Rectangle(left: mark.x - 5, top: mark.y - 5, width: 10, height: 10)
        #expect(!place.overlaps(point))
      }
    }
  }

  @Test func aLabelWithRoomIsRightOfItsMark() {
    let mark = LabelPlacement.Mark(x: 200, y: 200, width: 80, height: 16)
    let places = LabelPlacement.places(for: [mark], in: Self.frame)
    #expect(places == [.init(left: 209, top: 192, width: 80, height: 16)])
    let obstacle = LabelPlacement.Rectangle(left: 250, top: 100, width: 4, height: 300)
    let moved = LabelPlacement.places(for: [mark], in: Self.frame, besides: [obstacle])
    #expect(moved == [.init(left: 111, top: 192, width: 80, height: 16)])
  }
}
