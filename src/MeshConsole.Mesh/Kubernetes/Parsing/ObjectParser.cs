namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>
/// Makes a record of one object's JSON. An instance keeps a pool of its own, so it serves one stream at a time.
/// </summary>
/// <typeparam name="T">The record.</typeparam>
public abstract class ObjectParser<T>
    where T : class
{
    /// <summary>
    /// Reads one whole object.
    /// </summary>
    /// <param name="utf8Json">The object, from brace to brace.</param>
    /// <returns>The record; null when the object holds nothing the console keeps.</returns>
    /// <exception cref="MalformedObjectException">The object has not the shape of its kind.</exception>
    /// <exception cref="System.Text.Json.JsonException">The object is nested too deeply or is not JSON.</exception>
    /// <exception cref="InvalidOperationException">A string is not valid text.</exception>
    public abstract T? Parse(ReadOnlySpan<byte> utf8Json);
}
