using System.Runtime.CompilerServices;

namespace MeshConsole.Simulator;

/// <summary>
/// Marks the few methods that work out the past: some twelve million samples within the first second. The runtime compiles a
/// method quickly first and well later, but puts off the second while a starting program compiles other things: these few
/// would run most of their calls in the slow form.
/// </summary>
internal static class Hot
{
    public const MethodImplOptions FromTheStart = MethodImplOptions.AggressiveOptimization;
}
