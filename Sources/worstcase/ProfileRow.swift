import Verification

/// Where the time of an exact computation went, in JSON: seconds, then counts.
struct ProfileRow: Encodable {
  private let attack, bounds, search, folding, milp: Double
  private let linearPrograms, iterations, cuts, parts: Int
  private let classes, rows, opinions, missingOpinions: Int?

  /// Of a margin's bracket: `classes` were searched.
  init(_ bracket: MarginBracket) {
    self.init(bracket.profile, linearPrograms: bracket.nodes, classes: bracket.solvedClasses)
  }

  /// Of several rows' brackets: `rows` were searched.
  init(_ work: RowBrackets) {
    self.init(work.profile, linearPrograms: work.nodes, rows: work.solvedRows)
  }

  private init(_ profile: ExactProfile, linearPrograms: Int, classes: Int? = nil, rows: Int? = nil) {
    (attack, bounds, search, folding) = (profile.attack, profile.bounds, profile.search, profile.folding)
    milp = profile.milp
    self.linearPrograms = linearPrograms
    (iterations, cuts, parts) = (profile.iterations, profile.cuts, profile.parts)
    (self.classes, self.rows) = (classes, rows)
    // Nobody asked CBC, or somebody did.
    let isAsked = profile.opinions + profile.missingOpinions > 0
    (opinions, missingOpinions) = isAsked ? (profile.opinions, profile.missingOpinions) : (nil, nil)
  }
}
