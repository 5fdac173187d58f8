import Foundation
import Mustache
import Studies

/// Several networks' studies as one HTML page that needs no network, with links to each one's own page.
enum ComparisonPage {
  /// The page's text.
  ///
  /// - Parameters:
  ///   - figures: the figures with their SVG as gnuplot wrote it.
  ///   - folders: where the networks' own reports are, beside the page.
  /// - Throws: ``ReportError/template(reason:)``.
  static func html(
    _ comparison: StudyComparison, figures: [(grid: HistogramGrid, svg: String)], folders: [String]
  ) throws(ReportError) -> String {
    let first = comparison.members.first
    let page = Page(
      title: "Worst-case margins of \(comparison.members.count) networks",
      lead: first.map { lead($0, comparison) } ?? "",
      methods: comparison.methods,
      networks: zip(comparison.members, folders).map { Network($0, folder: $1, methods: comparison.methods) },
      hasDifferences: comparison.members.contains { !$0.differences.isEmpty },
      differences: comparison.members.flatMap { member in
        member.differences.map { Difference(network: member.name, $0) }
      },
      figures: figures.map { Figure($0.grid, $0.svg) },
      command: ShellWords.text(["worstcase", "report"] + comparison.members.map(\.path)))
    return try PageFrame.render(page, by: template)
  }

  /// What the template sees.
  private struct Page {
    var title, lead: String
    var methods: [String]
    var networks: [Network]
    var hasDifferences: Bool
    var differences: [Difference]
    var figures: [Figure]
    var command: String
  }

  private struct Network {
    var name, page, epsilon, natural, robust, digest, command: String
    var accuracies: [String]
    var errors: [MethodError]

    init(_ member: StudyComparison.Member, folder: String, methods: [String]) {
      name = member.name
      page = "\(folder)/report.html"
      epsilon = NumberText.short(member.identity.epsilon, digits: 6)
      natural = NumberText.percent(member.accuracies.natural)
      robust = NumberText.percent(member.accuracies.robust)
      digest = member.identity.model.digest
      command = ShellWords.text(member.identity.command)
      accuracies = methods.map { member.accuracies.byMethod[$0].map(NumberText.percent) ?? "" }
      errors = member.summary.methods.map { MethodError($0, of: member) }
    }
  }

  private struct MethodError {
    var network, method, mean, absolute, variance, ratio, seconds: String

    init(_ method: MethodSummary, of member: StudyComparison.Member) {
      network = member.name
      self.method = method.name
      let isEmpty = method.samples == 0
      mean = isEmpty ? "" : NumberText.short(method.meanError)
      absolute = isEmpty ? "" : NumberText.short(method.meanAbsoluteError)
      variance = isEmpty ? "" : NumberText.short(method.variance)
      ratio = StudyComparison.timesTighter(method, in: member.summary).map { NumberText.short($0, digits: 3) } ?? ""
      seconds = NumberText.short(method.meanSeconds, digits: 3)
    }
  }

  private struct Difference {
    var network, bounds, mean, variance: String

    init(network: String, _ difference: BoundDifference) {
      self.network = network
      bounds = "\(difference.loose) − \(difference.tight)"
      mean = NumberText.short(difference.mean)
      variance = NumberText.short(difference.variance)
    }
  }

  private struct Figure {
    var svg, caption: String

    init(_ grid: HistogramGrid, _ drawing: String) {
      svg = InlineSVG.text(drawing, width: grid.width, height: grid.height, title: "Histograms, \(grid.files.stem)")
      caption =
        "A column for each network; bins and axis are the same in all panels, counts have a scale of their own. "
        + "\(grid.files.vector), \(grid.files.raster) and \(grid.files.paper) are beside this page."
    }
  }

  private static func lead(_ first: StudyComparison.Member, _ comparison: StudyComparison) -> String {
    return "How far cheap estimates of the worst-case margin lie from its exact value, on "
      + "\(first.identity.dataset.name), and what accuracies they promise: \(ComparisonTable.footer(comparison))."
  }

  private static let template = #"""
    \#(PageFrame.head())
    <main>
    <section>
    <h2>Accuracy, percent</h2>
    <p class="notes">The share of samples that keep their label on the whole region, by the exact worst-case margin and as each
    estimate sees it. Sound bounds (intervals, CROWN and its relatives) stay below the exact share, attacks above it.</p>
    <div class="scroll"><table>
    <thead><tr><th scope="col">Network</th><th scope="col">ε</th><th scope="col">Natural</th><th scope="col">Exact</th>{{#methods}}<th scope="col">{{.}}</th>{{/methods}}</tr></thead>
    <tbody>
    {{#networks}}
    <tr><td><a href="{{page}}">{{name}}</a></td><td>{{epsilon}}</td><td>{{natural}}</td><td>{{robust}}</td>{{#accuracies}}<td>{{.}}</td>{{/accuracies}}</tr>
    {{/networks}}
    </tbody></table></div>
    </section>
    <section>
    <h2>Error by method</h2>
    <p class="notes">Error = estimate − exact worst-case margin, in logits. The variance is that of these samples (divided by
    n). × below IBP: the mean absolute error of interval propagation divided by the method's.</p>
    <div class="scroll"><table>
    <thead><tr><th scope="col">Network</th><th scope="col">Method</th><th scope="col">Mean error</th><th scope="col">Mean |error|</th><th scope="col">Variance</th><th scope="col">× below IBP</th><th scope="col">Seconds</th></tr></thead>
    <tbody>
    {{#networks}}{{#errors}}
    <tr><td>{{network}}</td><td>{{method}}</td><td>{{mean}}</td><td>{{absolute}}</td><td>{{variance}}</td><td>{{ratio}}</td><td>{{seconds}}</td></tr>
    {{/errors}}{{/networks}}
    </tbody></table></div>
    </section>
    {{#hasDifferences}}
    <section>
    <h2>Difference of bounds through the classifier</h2>
    <p class="notes">Both bounds are the same up to the classifier; the loose one goes on with intervals, the tight one attacks
    what they leave. The smaller the difference, the more the network's late layers were regularised.</p>
    <div class="scroll"><table>
    <thead><tr><th scope="col">Network</th><th scope="col">Bounds</th><th scope="col">Mean</th><th scope="col">Variance</th></tr></thead>
    <tbody>
    {{#differences}}
    <tr><td>{{network}}</td><td>{{bounds}}</td><td>{{mean}}</td><td>{{variance}}</td></tr>
    {{/differences}}
    </tbody></table></div>
    </section>
    {{/hasDifferences}}
    <section>
    <h2>Distributions</h2>
    {{#figures}}
    <figure>
    <div class="scroll">{{{svg}}}</div>
    <figcaption>{{caption}}</figcaption>
    </figure>
    {{/figures}}
    </section>
    <section>
    <h2>How to reproduce</h2>
    {{#networks}}
    <p>{{name}}, SHA-256 {{digest}}:</p>
    <pre>{{command}}</pre>
    {{/networks}}
    <p>This page, from the stored results:</p>
    <pre>{{command}}</pre>
    </section>
    </main>
    </body>
    </html>
    """#
}
