using System.Globalization;
using System.Text;

namespace MeshConsole.Mesh.Audit;

/// <summary>Posts checkpoints as JSON to an address. Any answer of the 200s means that the receiver keeps it.</summary>
/// <param name="http">Must not follow redirects: a checkpoint goes where the configuration says, and nowhere else.</param>
public sealed class WebhookCheckpointSink(HttpClient http, Uri address, TimeProvider time) : ICheckpointSink
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    // Path and query may hold a token.
    public string Name => $"webhook {address.GetLeftPart(UriPartial.Authority)}";

    public Task<long?> LastSequenceAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(null);

    public async Task WriteAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        using var deadline = new CancellationTokenSource(s_timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var content = new StringContent(checkpoint.ToJson(), Encoding.UTF8, "application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
            {
                throw new CheckpointSinkException(string.Create(CultureInfo.InvariantCulture, $"The {Name} answered {(int)answer.StatusCode} to checkpoint {checkpoint.Sequence}. See why at the receiver; it is sent again."));
            }
        }
        catch (HttpRequestException exception)
        {
            throw new CheckpointSinkException($"The {Name} could not be reached: {exception.Message.TrimEnd('.')}. Check the address and the network; the checkpoint is sent again.", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CheckpointSinkException($"The {Name} did not answer within {s_timeout.TotalSeconds:0} s; the checkpoint is sent again.", exception);
        }
    }
}
