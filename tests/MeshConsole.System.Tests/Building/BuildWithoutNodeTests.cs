using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Building;

/// <summary>
/// The page's scripts are bundled with Node.js. Whoever builds without it is told once what to install, and a build that has
/// its bundles already does not ask for it.
/// </summary>
[Collection(Alone.Name)]
public sealed class BuildWithoutNodeTests
{
    public static TheoryData<string, string?, string> Machines => new()
    {
        { "no Node.js", null, "Node.js was not found." },
        { "an old one", "exit 3", "Node.js is too old." },
        { "one without npm", "exit 0", "Node.js was found without npm." },
    };

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task Build_WithoutAUsableNode_SaysOnceWhatToInstall(string machine, string? node, string problem)
    {
        using var scratch = ScratchFolder.Create("no-node");

        // Bundles go to a folder where there are none, so that they must be made.
        var (exitCode, output) = await BuildAsync(scratch, node, $"-p:ClientOutput={scratch.Folder("client")}/");

        exitCode.ShouldNotBe(0, machine);
        var errors = output.Split('\n').Where(line => line.Contains("error", StringComparison.OrdinalIgnoreCase)).ToList();
        errors.Count.ShouldBe(1, output);
        errors[0].ShouldContain($"error MESH0001: {problem} Install Node.js 20 or newer with npm, then build again: Debian and Ubuntu 'apt-get install nodejs npm'");
        output.ShouldNotContain("warning");
    }

    [Fact]
    public async Task Build_WithItsBundlesInPlace_NeedsNoNode()
    {
        using var scratch = ScratchFolder.Create("no-node");
        var (exitCode, output) = await BuildAsync(scratch, null);
        exitCode.ShouldBe(0, output);
    }

    /// <param name="node">A shell command that stands for <c>node</c> on PATH; null for no such program.</param>
    private static async Task<(int ExitCode, string Output)> BuildAsync(ScratchFolder scratch, string? node, params string[] properties)
    {
        // The shell that MSBuild runs commands with, and nothing else.
        var path = scratch.Folder("bin");
        File.CreateSymbolicLink(Path.Combine(path, "sh"), "/bin/sh");
        if (node is not null)
        {
            var program = Path.Combine(path, "node");
            await File.WriteAllTextAsync(program, $"#!/bin/sh\n{node}\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        // Only the target that makes the bundles: what the rest of a build does is another test's, and takes its time.
        return await DotnetCommand.RunAsync(
            ["msbuild", DotnetCommand.Project, "-t:BundleClient", "-nologo", "-v:minimal", "-nodeReuse:false", $"-p:Configuration={DotnetCommand.Configuration}", .. properties],
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["PATH"] = path });
    }
}
