using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>One reading of a target: the object, or why there is none.</summary>
internal sealed record TargetReading(LiveTarget? Live, TargetProblem? Problem)
{
    /// <summary>Longest text of an API server that stands in a sentence.</summary>
    private const int LongestWords = 400;

    public static async Task<TargetReading> TakeAsync(ITargetWriter targets, ChangeTarget target, ImmutableArray<PlanBackend> backends, Impersonation? actingAs, CancellationToken cancellationToken)
    {
        if (actingAs is null)
        {
            return new TargetReading(null, new TargetProblem(TargetFault.Forbidden, "Nobody is named as whom the API server could be asked. The console does not use its own account for this."));
        }

        try
        {
            return new TargetReading(await targets.ReadAsync(target, backends, actingAs, cancellationToken).ConfigureAwait(false), null);
        }
        catch (TargetChangedException changed)
        {
            return new TargetReading(null, new TargetProblem(TargetFault.Gone, Printable.Text(changed.Message, LongestWords)));
        }
        catch (KubernetesException failed)
        {
            return new TargetReading(null, ProblemOf(failed, actingAs));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new TargetReading(null, new TargetProblem(TargetFault.Unreachable, "The API server did not answer in time."));
        }
    }

    public static TargetProblem ProblemOf(KubernetesException failed, Impersonation actingAs)
    {
        var words = Printable.Text(failed.Message, LongestWords);
        return failed.Kind switch
        {
            KubernetesErrorKind.NotFound or KubernetesErrorKind.Gone => new TargetProblem(TargetFault.Gone, words),
            KubernetesErrorKind.Forbidden or KubernetesErrorKind.Unauthorized or KubernetesErrorKind.NoCredentials =>
                new TargetProblem(TargetFault.Forbidden, $"The cluster refuses {Printable.Text(actingAs.User, 100)}: {words}"),
            _ => new TargetProblem(TargetFault.Unreachable, words),
        };
    }

    /// <summary>
    /// Whether the failure of a write says that nothing was written. A time-out, a broken connection or an error of the server
    /// says no such thing: the write may have landed before the answer was lost.
    /// </summary>
    public static bool IsRefusal(KubernetesErrorKind kind) => kind is KubernetesErrorKind.BadRequest or KubernetesErrorKind.Unauthorized or KubernetesErrorKind.Forbidden
        or KubernetesErrorKind.NotFound or KubernetesErrorKind.MethodNotAllowed or KubernetesErrorKind.Invalid or KubernetesErrorKind.TooManyRequests or KubernetesErrorKind.NoCredentials;
}
