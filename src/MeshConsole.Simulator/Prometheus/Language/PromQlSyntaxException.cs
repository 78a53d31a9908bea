using System.Globalization;

namespace MeshConsole.Simulator.Prometheus.Language;

/// <summary>The text is not a PromQL expression. The message begins with line and column, as Prometheus writes it.</summary>
public sealed class PromQlSyntaxException : Exception
{
    public PromQlSyntaxException(string query, int position, string reason) : base(Describe(query, position, reason))
    {
        Position = position;
        Reason = reason;
    }

    /// <summary>Characters from the beginning of the query.</summary>
    public int Position { get; }

    public string Reason { get; }

    private static string Describe(string query, int position, string reason)
    {
        var line = 1;
        var column = 1;
        for (var i = 0; i < position && i < query.Length; i++)
        {
            if (query[i] == '\n')
            {
                line++;
                column = 1;
            }
            else
            {
                column++;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{line}:{column}: parse error: {reason}");
    }
}
