import Bounds
import Foundation
import TestSupport
import Testing

@Suite struct ReferenceBoundsTests {
  @Test(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
  func `probe`() throws {
    let reference = try ReferenceBounds.shared.get()
    for net in Set(reference.rows.map(\.net)).sorted() {
      for method in BoundMethod.allCases {
        var loosest = -Double.infinity, tightest = Double.infinity, sum = 0.0, n = 0.0, looser = 0, tighter = 0
        var clean = Double.infinity
        for row in reference.rows where row.net == net {
          let (network, region) = try reference.problem(row)
          var bounds = RegionBounds(of: network, over: region.outer)
          if method == .crown { bounds.refine() }
          let ours = bounds.upperBounds(of: .margins(of: row.classes, label: row.label, outputs: 10), by: method)
          for (o, t) in zip(ours, row.upperBounds(by: method)!) {
            loosest = max(loosest, o - t); tightest = min(tightest, o - t); sum += o - t; n += 1
            if o - t > 1e-5 { looser += 1 }
            if o - t < -1e-5 { tighter += 1 }
          }
          for (o, t) in zip(ours, row.clean) { clean = min(clean, o - t) }
        }
        print(net, method, "n", n, "ours-theirs max", loosest, "min", tightest, "mean", sum / n, "looser", looser, "tighter", tighter, "clean slack", clean)
      }
    }
  }
}
