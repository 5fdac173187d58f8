import BigInt

/// `x·X + y·Y + constant` over two variables, exactly.
struct AffineForm: ExactValue {
  var x, y, constant: Dyadic

  static let zero = AffineForm()

  init(x: Dyadic = .zero, y: Dyadic = .zero, constant: Dyadic = .zero) {
    self.x = x
    self.y = y
    self.constant = constant
  }

  init(constant: Double) {
    self.init(constant: Dyadic(constant))
  }

  static func + (a: AffineForm, b: AffineForm) -> AffineForm {
    AffineForm(x: a.x + b.x, y: a.y + b.y, constant: a.constant + b.constant)
  }

  static func * (factor: Double, form: AffineForm) -> AffineForm {
    let factor = Dyadic(factor)
    return AffineForm(x: factor * form.x, y: factor * form.y, constant: factor * form.constant)
  }

  /// The form as whole coefficients times a power of two.
  var whole: (line: PlaneLine, exponent: Int) {
    let parts = [x, y, constant].filter { !$0.significand.isZero }
    let exponent = parts.map { $0.exponent + $0.significand.trailingZeroBitCount }.min() ?? 0
    func scaled(_ part: Dyadic) -> BigInt {
      part.exponent >= exponent
        ? part.significand << (part.exponent - exponent) : part.significand >> (exponent - part.exponent)
    }
    return (PlaneLine(x: scaled(x), y: scaled(y), constant: scaled(constant)), exponent)
  }
}
