namespace MeshConsole.Mesh.Exports;

/// <summary>Cells of comma separated values that are text to every spreadsheet.</summary>
internal static class CsvText
{
    /// <summary>
    /// A cell that stays text: one that a spreadsheet would take for a formula begins with an apostrophe
    /// (https://owasp.org/www-community/attacks/CSV_Injection), and every cell is quoted.
    /// </summary>
    public static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "\"\"";
        }

        // Spreadsheets skip white space before they look, and take the full-width signs too.
        var start = text.AsSpan().TrimStart();
        var formula = text[0] is '\t' or '\r' or '\n' || (start.Length > 0 && start[0] is '=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠');
        return $"\"{(formula ? "'" : "")}{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
