using System.Runtime.CompilerServices;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>
/// Prometheus' staleness marker: one NaN with exact bits that says "this series ended here". Any other NaN is an ordinary value.
/// Inside the evaluator the same bits mean "no sample at this step", which can never be confused with a value: a selector
/// drops markers, and no arithmetic yields them.
/// </summary>
public static class StaleMarker
{
    private const long Bits = 0x7ff0000000000002;

    public static double Value => BitConverter.Int64BitsToDouble(Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Is(double value) => BitConverter.DoubleToInt64Bits(value) == Bits;
}
