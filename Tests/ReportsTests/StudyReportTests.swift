import Foundation
import Studies
import Testing

@testable import Reports

/// A folder that is removed with everything in it.
final class ScratchFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("reports-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The names of the files that are there.
  var contents: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted() }
}

enum Examples {
  static let identity = StudyIdentity(
    toolVersion: "0.1.0", command: ["worstcase", "study", "it's.onnx"], settings: #"{"b": {"c": 1}, "a": "<i>"}"#,
    model: .init(name: "models/cnn3_taps.onnx", digest: "ab12"), modelBytes: 1234,
    dataset: .init(name: "mnist", digest: "cd34"), epsilon: 0.05,
    machine: Machine(processor: "A processor", cores: 2, kernels: "Haswell"))

  static func record(
    _ index: Int, lower: Double = -1, upper: Double = -1, estimates: [String: Double], witness: [Double] = [0.5],
    image: StoredImage? = nil
  ) -> SampleRecord {
    SampleRecord(
      index: index, label: 3, predicted: 3, lower: lower, upper: upper, adversarialClass: 5,
      status: lower == upper ? .exact : .bracket, reason: lower == upper ? nil : "time", estimates: estimates,
      estimateSeconds: estimates.mapValues { _ in 0.125 }, unstable: 17, seconds: 1.5, timeout: 10, witness: witness,
      image: image)
  }
}

@Suite struct StudyReportTests {
  let folder = try? ScratchFolder()

  func store(_ records: [SampleRecord], identity: StudyIdentity = Examples.identity) throws -> StudyStore {
    let path = try #require(folder).url.appendingPathComponent("study.sqlite").path
    let store = try StudyStore.open(path, identity: identity)
    for record in records { try store.append(record) }
    return store
  }

  @Test func writesEveryFileAndNothingElse() throws {
    let target = try #require(folder).url.appendingPathComponent("out/report")
    let records = (0..<30).map { i in
      Examples.record(
        i, lower: -1, upper: i == 7 ? -0.5 : -1, estimates: ["IBP": Double(i % 5), "PGD": -1 - Double(i % 3) / 1000])
    }
    let store = try store(records)
    for _ in 0..<2 {
      let files = try StudyReport.write(store: store, to: target)
      let names = try FileManager.default.contentsOfDirectory(atPath: target.path).sorted()
      #expect(
        names == [
          "errors.dat", "errors.gp", "errors.pdf", "errors.png", "errors.svg", "report.html", "samples.csv",
          "summary.json",
        ])
      let page = try String(contentsOf: files.page, encoding: .utf8)
      #expect(page.hasPrefix("<!doctype html>"))
      #expect(page.contains("over-approximation error of the worst-case margin"))
      #expect(page.components(separatedBy: "<tr>").count == 1 + 1 + 2 + 1 + 1)
      #expect(page.components(separatedBy: "<tr data-verdict=\"robust\"").count == 1 + 30)
      #expect(page.contains("worstcase study &#39;it&#39;\\&#39;&#39;s.onnx&#39;"))
      #expect(!page.contains("http://") || !page.contains("src="))
      let summary = try JSONSerialization.jsonObject(with: Data(contentsOf: files.summary)) as? [String: Any]
      #expect(summary?.keys.sorted() == ["study", "summary"])
    }
  }

  @Test func userTextIsEscapedEverywhere() throws {
    let target = try #require(folder).url.appendingPathComponent("out")
    // The last quote carries a combining mark, and so is a character of its own.
    let nasty = "<script>alert(1)</script>\" onmouseover=\"x' &amp; \"\u{301} onclick=y <\u{301}b>"
    var identity = Examples.identity
    identity.model = .init(name: nasty, digest: nasty)
    identity.dataset = .init(name: nasty, digest: nasty)
    identity.settings = nasty
    identity.command = [nasty]
    identity.toolVersion = nasty
    identity.machine = Machine(processor: nasty, cores: 1, kernels: nasty)
    var record = Examples.record(0, estimates: [nasty: 1])
    record.reason = nasty
    let files = try StudyReport.write(store: try store([record], identity: identity), to: target)
    let page = try String(contentsOf: files.page, encoding: .utf8)
    #expect(!page.contains("<script>alert"))
    let scalars = page.unicodeScalars.map(\.value)
    for (first, second) in zip(scalars, scalars.dropFirst()) where second == 0x301 {
      #expect(first == UInt32(UInt8(ascii: ";")) || first == UInt32(UInt8(ascii: "\"")))
    }
    let body = page.components(separatedBy: "<svg")[0] + (page.components(separatedBy: "</svg>").last ?? "")
    #expect(!body.contains("onmouseover=\""))
    #expect(body.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot; onmouseover=&quot;x&#39; &amp;amp;"))
  }

  @Test func nothingToShowIsSaid() throws {
    let target = try #require(folder).url.appendingPathComponent("out")
    let store = try store([])
    #expect(throws: ReportError.nothingToShow(path: store.path, reason: "it has no samples yet")) {
      _ = try StudyReport.write(store: store, to: target)
    }
    #expect(!FileManager.default.fileExists(atPath: target.path))
    try store.append(Examples.record(1, estimates: [:]))
    #expect(throws: ReportError.nothingToShow(path: store.path, reason: "none of its samples has an estimate")) {
      _ = try StudyReport.write(store: store, to: target)
    }
    #expect(FileManager.default.fileExists(atPath: target.appendingPathComponent("samples.csv").path))
  }

  @Test func whereItCannotWriteIsSaid() throws {
    let store = try store([Examples.record(1, estimates: ["IBP": 1])])
    #expect {
      _ = try StudyReport.write(store: store, to: URL(fileURLWithPath: "/proc/report"))
    } throws: { error in
      if case ReportError.unwritable("/proc/report", _) = error { true } else { false }
    }
  }

  /// Draws what the design was judged by, where a folder for it is named.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["WORSTCASE_GALLERY"] != nil, "WORSTCASE_GALLERY is not set"))
  func gallery() throws {
    let gallery = URL(fileURLWithPath: try #require(ProcessInfo.processInfo.environment["WORSTCASE_GALLERY"]))
    var generator = SystemRandomNumberGenerator()
    func uniform() -> Double { Double.random(in: 1e-12..<1, using: &generator) }
    func gamma(_ mean: Double) -> Double { -mean / 3 * log(uniform() * uniform() * uniform()) }
    func normal(_ mean: Double, _ deviation: Double) -> Double {
      mean + deviation * (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
    }
    func sample(_ i: Int, open: Bool) -> SampleRecord {
      let exact = normal(-4, 3)
      let errors = [
        "IBP": gamma(1.5), "CROWN-IBP": gamma(0.4), "SABR": normal(0.25, 0.12), "TAPS": normal(0.03, 0.06),
        "PGD": uniform() < 0.6 ? 0 : 0.025 * log(uniform()),
      ]
      return Examples.record(
        i, lower: exact, upper: open && i % 9 == 0 ? exact + 0.01 * uniform() : exact,
        estimates: errors.mapValues { exact + $0 })
    }
    var cases: [(String, [SampleRecord])] = [40, 100, 10000].map { n in
      ("n\(n)", (0..<n).map { sample($0, open: n == 100) })
    }
    cases.append(("one-sample", [sample(0, open: false)]))
    cases.append(("all-equal", (0..<20).map { Examples.record($0, estimates: ["IBP": -0.5, "PGD": -1]) }))
    cases.append(("all-exact", (0..<20).map { Examples.record($0, estimates: ["PGD": -1]) }))
    cases.append(("one-method", (0..<200).map { Examples.record($0, estimates: ["IBP": -1 + gamma(1.5)]) }))
    cases.append(
      (
        "two-alike",
        (0..<300).map { Examples.record($0, estimates: ["IBP": -1 + gamma(1.5), "CROWN-IBP": -1 + gamma(0.4)]) }
      ))
    for (name, records) in cases {
      let target = gallery.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
      let path = target.appendingPathComponent("study.sqlite").path
      try? FileManager.default.removeItem(atPath: path)
      let store = try StudyStore.open(path, identity: Examples.identity)
      for record in records { try store.append(record) }
      let clock = ContinuousClock()
      let time = try clock.measure { _ = try StudyReport.write(store: store, to: target) }
      try "\(time)\n\(SummaryTable.text(StudySummary(records)))".write(
        to: target.appendingPathComponent("summary.txt"), atomically: true, encoding: .utf8)
    }
  }
}
