import Tensors
import Testing

@testable import Reports

@Suite struct FlagPlacementTests {
  /// Bars anywhere, crowded, or all in one place: no name covers a bar, a pole or another name.
  @Test(arguments: 0..<200) func nothingIsCovered(seed: UInt64) {
    var stream = RandomStream(seed: seed, purpose: "flags")
    let extent = Double([350, 60, 5, 0][Int(seed % 4)])
    let bars = (0..<6).map { _ in
      let top = 200 + stream.uniform(0, extent)
      return FlagPlacement.Bar(
        x: 100 + stream.uniform(0, extent), top: top, bottom: top + stream.uniform(10, 100),
        width: stream.uniform(50, 130), height: 16)
    }
    let places = FlagPlacement.places(for: bars)
    #expect(places.count == 6)
    for (i, place) in places.enumerated() {
      #expect(place.left > bars[i].x && place.bottom <= bars[i].top && place.top > -100)
      #expect(!places[..<i].contains { $0.overlaps(place) })
      for (j, bar) in bars.enumerated() {
        // The bar, and the pole on it.
        let pole = FlagPlacement.Rectangle(
          left: bar.x - 1, top: places[j].top, width: 2, height: bar.bottom - places[j].top)
        #expect(!place.overlaps(pole))
      }
    }
  }

  @Test func aNameWithRoomIsRightAboveItsBar() {
    let bar = FlagPlacement.Bar(x: 200, top: 300, bottom: 400, width: 80, height: 16)
    #expect(FlagPlacement.places(for: [bar]) == [.init(left: 205, top: 280, width: 80, height: 16)])
    // A higher bar in the way lifts it.
    let other = FlagPlacement.Bar(x: 250, top: 250, bottom: 400, width: 80, height: 16)
    let places = FlagPlacement.places(for: [bar, other])
    #expect(places[1] == .init(left: 255, top: 230, width: 80, height: 16))
    #expect(places[0].bottom <= 230 && places[0].left == 205)
  }
}
