using System.Text;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>Makes text from elsewhere fit to be part of a message: one line, no control characters, not endless.</summary>
internal static class ErrorText
{
    public static string Clean(string text, int limit = 300)
    {
        var clean = new StringBuilder(Math.Min(text.Length, limit));
        foreach (var character in text)
        {
            if (clean.Length == limit)
            {
                return clean.Append('…').ToString();
            }

            clean.Append(char.IsControl(character) ? ' ' : character);
        }

        return clean.ToString().Trim();
    }
}
