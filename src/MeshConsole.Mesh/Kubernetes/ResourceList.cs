using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>All objects of one list, read page by page at one resource version.</summary>
/// <param name="Items">In the order of the server.</param>
/// <param name="ResourceVersion">Where a watch goes on.</param>
/// <param name="Malformed">Objects that could not be read.</param>
/// <param name="Bytes">Bytes of all pages after decompression.</param>
/// <param name="Pages">Requests it took.</param>
public sealed record ResourceList<T>(IReadOnlyList<T> Items, string ResourceVersion, ImmutableArray<MalformedObject> Malformed, long Bytes, int Pages)
    where T : class;

/// <summary>An object that could not be read, and why.</summary>
/// <param name="Name">Empty when not even the name could be read.</param>
public sealed record MalformedObject(string Namespace, string Name, string Problem);
