namespace MeshConsole.Commands;

/// <summary>Says what the commands are.</summary>
internal static class UnknownCommand
{
    public static async Task<int> RunAsync(string word)
    {
        await Console.Error.WriteLineAsync($"""
            There is no command '{word}'. Commands:
              meshconsole [--urls ADDRESS] [--MeshConsole:KEY VALUE …]   serve the console
              meshconsole simulate --help                               serve the payments mesh alone
              meshconsole audit verify FILE [--checkpoint FILE]         verify an export of the audit, offline
            """);
        return ServeCommand.ConfigurationFault;
    }
}
