import ArgumentParser
import Datasets
import Networks
import Studies
import Synchronization
import Tensors
import Verification

/// What `exact` does where it is asked for more than the largest margin.
extension Exact {
  /// Whether it is.
  var isRowQuestion: Bool { layer != nil || quantity != .margin }

  /// Refuses options that go with the largest margin alone.
  func requireRowOptions() throws {
    let asked = layer == nil ? "--quantity \(quantity.rawValue)" : "--layer"
    if layer != nil, quantity != .margin {
      throw Failure(
        status: .badInput, message: "--layer and --quantity \(quantity.rawValue) are two questions: name one of them")
    }
    if work.solver != .bab {
      throw Failure(
        status: .badInput,
        message: "--solver \(work.solver.rawValue) is for --quantity margin; \(asked) is answered by bab alone")
    }
    if witness != nil {
      throw Failure(status: .badInput, message: "--witness is for --quantity margin, not for \(asked)")
    }
  }

  /// Answers for all samples, each as soon as all before it are answered.
  func runRows(
    of network: Network, images: LabelledImages, indices: [Int], radius: Double, workers: Workers
  ) throws {
    let chosen = try layer.map { try ChosenLayer($0, in: network) }
    if !json { Output.line(RowAnswer.header(quantity, isLayer: chosen != nil)) }
    let state = Mutex<(open: Int, widths: [LayerWidths])>((0, []))
    do throws(StudyError) {
      try workers.inOrder(0..<indices.count) { (position) throws(StudyError) in
        try answer(indices[position], of: network, layer: chosen, images: images, radius: radius)
      } deliver: { (answer: RowAnswer) in
        show(answer)
        state.withLock { state in
          if answer.openBrackets > 0 { state.open += 1 }
          if let widths = answer.widths { state.widths.append(widths) }
        }
      }
    } catch {
      throw Failure(error)
    }
    let (open, widths) = state.withLock { $0 }
    if let chosen, let summary = LayerWidths(widths) { show(summary, of: chosen.node, samples: widths.count) }
    if open > 0 {
      throw Failure(status: .unanswered, message: "\(open) of \(indices.count) samples have open brackets")
    }
  }

  private func answer(
    _ index: Int, of network: Network, layer: ChosenLayer?, images: LabelledImages, radius: Double
  ) throws(StudyError) -> RowAnswer {
    let settings = ExactSettings(timeout: work.timeout, seed: work.seed)
    let label = images.label(index)
    let region: Region
    do throws(RegionError) {
      region = try Region(ballAround: images.image(index), radius: radius, validRange: images.validRange)
    } catch {
      throw .region(index: index, error)
    }
    do throws(VerificationError) {
      if let layer { return try RowAnswer(layer, over: region, index: index, label: label, settings: settings) }
      return try RowAnswer(quantity, of: network, over: region, index: index, label: label, settings: settings)
    } catch {
      throw .sample(index: index, error)
    }
  }

  private func show(_ answer: RowAnswer) {
    if json {
      // A row of numbers and fixed words always encodes.
      try? Output.json(answer)
    } else {
      for line in answer.lines { Output.line(line) }
    }
  }

  /// All samples of a layer together.
  private struct Summary: Encodable {
    let layer: String
    let samples: Int
    let widths: LayerWidths
  }

  private func show(_ widths: LayerWidths, of node: Node, samples: Int) {
    if json {
      try? Output.json(["summary": Summary(layer: node.name, samples: samples, widths: widths)])
    } else {
      Output.line("\n\(node.name.printable), \(node.shape.count) units, \(samples) samples")
      for line in widths.lines { Output.line(line) }
    }
  }
}
