using System.Text.Json;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

internal static class ObjectReading
{
    /// <summary>Parses, and turns what can be wrong with one object into a sentence instead of an exception.</summary>
    public static T? TryParse<T>(this ObjectParser<T> parser, ReadOnlySpan<byte> utf8Json, out string? problem)
        where T : class
    {
        try
        {
            problem = null;
            return parser.Parse(utf8Json);
        }
        catch (MalformedObjectException exception)
        {
            problem = exception.Message;
        }
        catch (JsonException)
        {
            problem = "it is nested more deeply than the console reads";
        }
        catch (InvalidOperationException)
        {
            problem = "it holds text that is not valid Unicode";
        }

        return null;
    }
}
