extension TrainingConfiguration {
  /// The radius that training ends with.
  public var finalTrainingEpsilon: Double { trainingEpsilon ?? epsilon }

  /// Which epoch's network is kept.
  public var resolvedSelection: Selection {
    if let selection { return selection }
    if averageFrom != nil || validation == 0 { return .last }
    switch method {
    case .standard: return .natural
    case .pgd: return .pgd
    case .colt: return .last
    case .ibp, .crownIBP, .sabr, .taps, .staps, .mtlIBP, .expIBP, .ccIBP, .ibpR: return .taps
    }
  }

  /// How weights are drawn.
  var resolvedInitialisation: Initialisation {
    if let initialisation { return initialisation }
    switch method {
    case .standard, .pgd, .ibpR, .colt: return .kaiming
    case .ibp, .crownIBP, .sabr, .taps, .staps, .mtlIBP, .expIBP, .ccIBP: return .interval
    }
  }

  /// The robust loss once the radius has grown; nil for a method that has none.
  func robustLoss(of stack: LayerStack) throws(TrainingError) -> RobustLoss? {
    switch method {
    case .standard: nil
    case .pgd: RobustLoss(combination: .adversarial, attack: attack)
    case .ibp: RobustLoss(shrinkage: Float(reluShrinkage))
    case .crownIBP: RobustLoss(crown: RobustLoss.CROWN(isFused: crownFusion, beta: 1))
    case .sabr: smallBoxLoss
    case .taps: try withLatent(RobustLoss(shrinkage: Float(reluShrinkage)), stack)
    case .staps: try withLatent(smallBoxLoss, stack)
    case .mtlIBP: mixed(.sum(boxShare: boxShare))
    case .expIBP: mixed(.powers(boxShare: boxShare))
    case .ccIBP: mixed(.margins(boxShare: boxShare))
    case .ibpR:
      RobustLoss(
        combination: .penalised(latentShare: 0, penalty: stabilityWeight), attack: attack,
        stability: stack.reluLayers.last.map { 0..<$0 + 1 })
    case .colt: stagePlan.map { stageLoss(atEpoch: epochs - 1, share: 1, plan: $0, stack: stack) }
    }
  }

  /// The robust loss while the radius grows: TAPS and STAPS begin as IBP and SABR (Mao et al. 2023, algorithm 1).
  func rampLoss(of stack: LayerStack) throws(TrainingError) -> RobustLoss? {
    switch method {
    case .taps: RobustLoss(shrinkage: Float(reluShrinkage))
    case .staps: smallBoxLoss
    case .standard, .pgd, .ibp, .crownIBP, .sabr, .mtlIBP, .expIBP, .ccIBP, .ibpR, .colt: try robustLoss(of: stack)
    }
  }

  /// The loss of the stage that an epoch belongs to.
  ///
  /// - Parameter share: the stage's own; the stage before has the rest.
  func stageLoss(atEpoch epoch: Int, share: Double, plan: StagePlan, stack: LayerStack) -> RobustLoss {
    loss(ofStage: plan.stage(ofEpoch: epoch), share: share, plan: plan, stack: stack, attack: attack)
  }

  /// The search in the box behind which `classifierReLUs` ReLU layers follow.
  ///
  /// - Throws: ``TrainingError/unusableArchitecture(_:reason:)`` if there are not so many.
  func latentAttack(in stack: LayerStack) throws(TrainingError) -> LatentAttack.Settings {
    let relus = stack.reluLayers
    guard classifierReLUs <= relus.count else {
      throw .unusableArchitecture(
        architecture.name,
        reason: "it has \(relus.count) ReLU layers, and classifier-relus asks for \(classifierReLUs) behind the split")
    }
    return latentAttack(boundary: stack.boundary(beforeLast: classifierReLUs))
  }

  /// The attack that epochs are judged by.
  var judgingAttack: PointAttack.Settings {
    PointAttack.Settings(steps: .input(count: 10, first: 0.25), loss: .margin)
  }

  private func latentAttack(boundary: Int) -> LatentAttack.Settings {
    LatentAttack.Settings(
      boundary: boundary, steps: .latent(count: latentSteps, factor: latentDecay), restarts: latentRestarts,
      estimator: estimator, connector: Connector(reach: Float(connector)))
  }

  private var attack: PointAttack.Settings {
    let first: Double
    switch method {
    case .sabr, .staps: first = attackStep ?? 0.2
    case .standard, .pgd, .ibp, .crownIBP, .taps, .mtlIBP, .expIBP, .ccIBP, .ibpR, .colt:
      first = attackStep ?? max(0.25, 2 / Double(attackSteps))
    }
    return PointAttack.Settings(
      steps: .input(count: attackSteps, first: first), restarts: attackRestarts,
      loss: attackLoss, radiusScale: attackRadius)
  }

  private var smallBoxLoss: RobustLoss {
    RobustLoss(attack: attack, smallBox: lambda, shrinkage: Float(reluShrinkage))
  }

  private func mixed(_ combination: RobustLoss.Combination) -> RobustLoss {
    RobustLoss(combination: combination, attack: attack, shrinkage: Float(reluShrinkage))
  }

  private func withLatent(_ loss: RobustLoss, _ stack: LayerStack) throws(TrainingError) -> RobustLoss {
    var loss = loss
    loss.latent = try latentAttack(in: stack)
    switch tapsLoss {
    case .product:
      loss.combination = .product(weight: tapsWeight, scaling: tapsScaling)
    case .latent: loss.combination = .latent
    }
    return loss
  }
}

extension LayerStack {
  /// The boundary behind which just the last `count` ReLU layers lie, with the affine layers before each of them: right
  /// behind a ReLU, or at the first affine layer's input where all of them lie behind.
  ///
  /// - Precondition: there are so many.
  func boundary(beforeLast count: Int) -> Int {
    let relus = reluLayers
    precondition(count <= relus.count, "\(count) of \(relus.count) ReLU layers")
    guard count < relus.count else { return layers.firstIndex { $0.parameterCount > 0 } ?? 0 }
    return relus[relus.count - count - 1] + 1
  }
}
