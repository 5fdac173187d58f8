import Testing

@Suite("Help and usage")
struct HelpTests {
  @Test("The tool says what it is")
  func top() throws {
    let folder = try Scratch()
    let help = try Tool.run(["--help"], in: folder)
    #expect(help.status == 0 && help.output.contains("worstcase study") && help.errors.isEmpty)
    let version = try Tool.run(["--version"], in: folder)
    #expect(version.status == 0 && version.output.split(separator: ".").count == 3)
    #expect(folder.contents().isEmpty)
  }

  @Test(
    "Every verb explains itself by an example",
    arguments: ["inspect", "export", "run", "bounds", "exact", "study", "report", "train", "data"])
  func verb(name: String) throws {
    let help = try Tool.run([name, "--help"], in: try Scratch())
    #expect(help.status == 0)
    #expect(help.output.contains("Example"))
    #expect(help.output.contains("\n  worstcase \(name)"))
    // Defaults are shown as a user writes them.
    #expect(!help.output.contains("Epsilon("))
  }

  @Test(
    "A wrong command is answered in one line that says where help is",
    arguments: [
      ["nosuchverb"], ["--nosuchoption"], ["inspect"], ["exact"], ["run", "net.onnx"], ["report"], ["train"],
      ["study", "--nosuchoption"], ["study", "show"], ["study", "diff", "a.sqlite"],
      ["study", "--dataset", "imagenet"],
      ["bounds", "--nosuchoption"], ["exact", "net.onnx", "--solver", "search"], ["study", "--solver", "auto"],
    ])
  func wrong(arguments: [String]) throws {
    let folder = try Scratch()
    let ending = try Tool.run(arguments, in: folder)
    #expect(ending.status == 2)
    #expect(ending.output.isEmpty)
    #expect(ending.errorLines.count == 1)
    #expect(ending.errors.hasPrefix("worstcase: ") && ending.errors.contains("--help'"))
    #expect(folder.contents().isEmpty)
  }
}
