namespace MeshConsole.Components.Layout;

/// <summary>The frame around every page; the one subscription of a circuit to the snapshots.</summary>
public sealed partial class MainLayout
{
    private static partial class Log
    {
        [LoggerMessage(EventId = 4001, Level = LogLevel.Error, Message = "A page stopped following the snapshots.")]
        public static partial void WatchEnded(ILogger logger, Exception fault);
    }
}
