namespace MeshConsole.Mesh.Snapshots;

/// <summary>Why something is not known, from the states of the sources.</summary>
internal static class SourceWords
{
    /// <summary>
    /// A sentence about the sources whose names start so (<c>kubernetes/pods</c>, <c>prometheus/</c>): the message of the
    /// first that is not live, else that none has answered yet.
    /// </summary>
    public static string Why(ClusterSnapshot cluster, string what, string sourcePrefix)
    {
        foreach (var source in cluster.Sources)
        {
            if (source.State is not (SourceState.Live or SourceState.Starting) && source.Name.StartsWith(sourcePrefix, StringComparison.Ordinal))
            {
                return $"{what}: {source.Message ?? $"{source.Name} is {source.State.ToString().ToLowerInvariant()}"}";
            }
        }

        return $"{what}: no answer yet from {sourcePrefix.TrimEnd('/')}.";
    }
}
