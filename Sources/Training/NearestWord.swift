/// The known word that takes the fewest insertions, deletions and replacements to become `word`.
public func nearest(to word: String, in known: [String]) -> String {
  func distance(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let replaced = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[b.count]
  }
  let letters = Array(word.lowercased())
  return known.min { distance(letters, Array($0)) < distance(letters, Array($1)) } ?? ""
}
