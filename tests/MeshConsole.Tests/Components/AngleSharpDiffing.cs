using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace MeshConsole.Tests.Components;

/// <summary>
/// bunit asks for a newer AngleSharp.Diffing than the feed has; the one beside the tests does what is needed, but the loader
/// refuses a lower version by itself. See docs/decisions/0001-ui-library.md.
/// </summary>
internal static class AngleSharpDiffing
{
    [ModuleInitializer]
    internal static void Resolve() => AssemblyLoadContext.Default.Resolving += (context, name) =>
        string.Equals(name.Name, "AngleSharp.Diffing", StringComparison.Ordinal)
            ? context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "AngleSharp.Diffing.dll"))
            : null;
}
