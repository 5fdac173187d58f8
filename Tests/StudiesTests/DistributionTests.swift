import Testing

@testable import Studies

@Suite struct DistributionTests {
  @Test func quantilesLieBetweenNeighbours() throws {
    // NumPy: numpy.percentile([3, 1, 4, 1, 5, 9, 2, 6], [5, 25, 50, 75, 95]).
    let distribution = try #require(Distribution([3, 1, 4, 1, 5, 9, 2, 6]))
    #expect(distribution.mean == 3.875)
    let expected = [1, 1.75, 3.5, 5.25, 7.95]
    for (found, expected) in zip(distribution.columns.dropFirst(), expected) { #expect(abs(found - expected) < 1e-12) }
  }

  @Test func oneValueIsAllOfThem() throws {
    #expect(try #require(Distribution([-2])).columns == [-2, -2, -2, -2, -2, -2])
    #expect(Distribution([]) == nil)
  }

  @Test func infinitiesStayWhereTheyAre() throws {
    let distribution = try #require(Distribution([.infinity, 1, 2, 3, .infinity]))
    #expect(distribution.mean == .infinity && distribution.p25 == 2 && distribution.p50 == 3)
    #expect(distribution.p75 == .infinity && distribution.p95 == .infinity)
  }
}
