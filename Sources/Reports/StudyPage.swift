import Foundation
import Mustache
import Studies

/// A study as one HTML page that needs no network and no other file: provenance, summary, figure and samples.
public enum StudyPage {
  /// The page's text.
  ///
  /// - Parameters:
  ///   - records: the samples, in the order of the table.
  ///   - identity: what the study is about.
  ///   - figure: the figure as gnuplot wrote it; its words are ours or escaped by gnuplot.
  ///   - pictures: the samples' pictures as JSON, and how many there are.
  ///   - store: the study's file, named in the command that makes this page again.
  /// - Throws: ``ReportError/template(reason:)``.
  public static func html(
    _ records: [SampleRecord], identity: StudyIdentity, figure: ErrorFigure, svg: String,
    pictures: (text: String, count: Int), store: String
  ) throws(ReportError) -> String {
    let summary = StudySummary(records)
    let page = Page(
      title: "Approximation error on \(identity.modelName)",
      lead: lead(summary, identity),
      facts: facts(summary, identity),
      methods: summary.methods.map(Method.init),
      footer: SummaryTable.footer(summary),
      svg: InlineSVG.text(
        svg, width: figure.width, height: figure.height, title: "Histograms of the error"),
      caption: caption(figure, summary),
      methodNames: summary.methods.map(\.name),
      rows: records.map { Row($0, methods: summary.methods.map(\.name)) },
      labels: Set(records.map(\.label)).sorted().map(String.init),
      pictures: pictures.text, pictured: picturedNote(pictures.count, of: records.count),
      command: ShellWords.text(identity.command),
      reportCommand: ShellWords.text(["worstcase", "report", store]),
      settings: indented(identity.settings))
    return try PageFrame.render(page, by: StudyPageTemplate.text)
  }

  /// What the template sees.
  private struct Page {
    var title, lead: String
    var facts: [Fact]
    var methods: [Method]
    var footer: [String]
    var svg, caption: String
    var methodNames: [String]
    var rows: [Row]
    var labels: [String]
    var pictures, pictured: String
    var command, reportCommand, settings: String
  }

  private struct Fact {
    var name, value: String
  }

  private struct Method {
    var name, mean, absolute, variance, median, minimum, maximum, open, seconds: String

    init(_ method: MethodSummary) {
      name = method.name
      mean = NumberText.short(method.meanError)
      absolute = NumberText.short(method.meanAbsoluteError)
      variance = NumberText.short(method.variance)
      median = NumberText.short(method.median)
      minimum = NumberText.short(method.minimum)
      maximum = NumberText.short(method.maximum)
      open = "\(method.openBrackets) of \(method.samples)"
      seconds = NumberText.short(method.meanSeconds, digits: 3)
    }
  }

  private struct Row {
    var index, label, predicted, lower, upper, target, status, reason, verdict, seconds: String
    var estimates: [String]

    init(_ record: SampleRecord, methods: [String]) {
      index = "\(record.index)"
      label = "\(record.label)"
      predicted = record.predicted.map { "\($0)" } ?? ""
      lower = NumberText.short(record.lower, digits: 6)
      upper = NumberText.short(record.upper, digits: 6)
      target = record.adversarialClass.map { "\($0)" } ?? ""
      status = record.status.rawValue
      reason = record.reason ?? ""
      verdict = record.upper < 0 ? "robust" : record.lower >= 0 ? "not robust" : "undecided"
      seconds = NumberText.short(record.seconds, digits: 3)
      estimates = methods.map { method in record.estimates[method].map { NumberText.short($0, digits: 6) } ?? "" }
    }
  }
}

extension StudyPage {
  private static func lead(_ summary: StudySummary, _ identity: StudyIdentity) -> String {
    let exact = summary.samples - summary.openBrackets
    return "How far cheap estimates of the worst-case margin lie from its exact value, on \(summary.samples) "
      + "\(summary.samples == 1 ? "sample" : "samples") of \(identity.dataset.name) under every change of each input by "
      + "at most ε = \(NumberText.short(identity.epsilon, digits: 6)). The exact value is known for \(exact)."
  }

  /// Which samples can be looked at.
  private static func picturedNote(_ count: Int, of all: Int) -> String {
    switch count {
    case 0: "The study has no images to show."
    case all: "Choose a row to see the image, the worst input that was found, and the change between them."
    default:
      "Choose a row to see more of it; \(count) have pictures: those with open brackets first, then those with the largest "
        + "margins."
    }
  }

  private static func facts(_ summary: StudySummary, _ identity: StudyIdentity) -> [Fact] {
    let undecided = summary.samples - summary.robust - summary.notRobust
    return [
      Fact(name: "Model", value: "\(identity.model.name) (\(identity.modelBytes) bytes)"),
      Fact(name: "Model SHA-256", value: identity.model.digest),
      Fact(name: "Data set", value: identity.dataset.name),
      Fact(name: "Data digest", value: identity.dataset.digest),
      Fact(name: "ε", value: "\(identity.epsilon)"),
      Fact(
        name: "Samples",
        value: "\(summary.samples): \(summary.correct) classified as labelled, \(summary.robust) robust, "
          + "\(summary.notRobust) not robust, \(undecided) undecided"),
      Fact(name: "Time per bracket", value: "\(NumberText.short(summary.meanSeconds, digits: 3)) s on average"),
      Fact(name: "Begun", value: identity.created.formatted(.iso8601)),
      Fact(name: "Tool", value: "WorstCase \(identity.toolVersion)"),
      Fact(
        name: "Machine",
        value:
          "\(identity.machine.processor), \(identity.machine.cores) cores, BLAS kernels \(identity.machine.kernels)"),
    ]
  }

  private static func caption(_ figure: ErrorFigure, _ summary: StudySummary) -> String {
    var text =
      "Each panel is one method: how many samples have an error in each bin. Bins are the same in all panels, counts "
      + "have a scale of their own. Right of the dashed line the method over-approximates the worst case, left of it it "
      + "under-approximates; the bin on the line is centred on zero."
    if case .symmetricLogarithmic(let threshold) = figure.histogram.axis {
      text += " The axis is linear within ±\(FigureAxis.label(threshold)) and logarithmic beyond, "
      text += "for the methods differ by orders of magnitude."
    }
    if summary.openBrackets > summary.withoutValue {
      text += " Where the bracket is open, the middle of the interval that the error lies in is drawn."
    }
    return text
  }

  /// Settings with one member per line; as they are if they are not JSON.
  private static func indented(_ settings: String) -> String {
    guard let value = try? JSONSerialization.jsonObject(with: Data(settings.utf8)),
      let data = try? JSONSerialization.data(
        withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    else { return settings }
    return String(decoding: data, as: UTF8.self)
  }
}
