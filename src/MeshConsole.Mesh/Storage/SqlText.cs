namespace MeshConsole.Mesh.Storage;

/// <summary>Text that people search for, for <c>LIKE … ESCAPE '!'</c>.</summary>
internal static class SqlText
{
    /// <summary>Text in which no character stands for others.</summary>
    public static string Literal(string text) => text.Replace("!", "!!", StringComparison.Ordinal).Replace("%", "!%", StringComparison.Ordinal).Replace("_", "!_", StringComparison.Ordinal);
}
