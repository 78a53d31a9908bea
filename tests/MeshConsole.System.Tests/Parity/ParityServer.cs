using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MeshConsole.System.Tests.Parity;

/// <summary>One of the two servers of a comparison, with a namespace of its own and one client per user.</summary>
internal sealed partial class ParityServer(string namespaceName, Func<string, HttpClient> clientFor)
{
    private readonly Dictionary<string, string> _remembered = new(StringComparer.Ordinal);

    /// <summary>
    /// Sends a request. <c>{ns}</c> in path and body is the namespace, <c>{rv:x}</c> and <c>{uid:x}</c> are those of the object
    /// that an earlier step remembered as x.
    /// </summary>
    public async Task<ParityAnswer> SendAsync(ParityStep step)
    {
        using var request = new HttpRequestMessage(new HttpMethod(step.Method), Fill(step.Path));
        if (step.Body is { } body)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Fill(body)));
            if (step.MediaType.Length > 0) request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(step.MediaType);
        }
        request.Headers.UserAgent.ParseAdd("parity/1.0");
        using var bounded = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var response = await clientFor(step.User).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bounded.Token);
        var text = step.Events > 0 && response.IsSuccessStatusCode
            ? await ReadEventsAsync(response, step.Events, bounded.Token)
            : await response.Content.ReadAsStringAsync(bounded.Token);
        var json = Json(text);
        if (step.RememberAs is { } name && json?["metadata"] is JsonObject metadata)
        {
            _remembered["rv:" + name] = metadata["resourceVersion"]?.GetValue<string>() ?? "";
            _remembered["uid:" + name] = metadata["uid"]?.GetValue<string>() ?? "";
            _remembered["continue:" + name] = Uri.EscapeDataString(metadata["continue"]?.GetValue<string>() ?? "");
        }
        return new ParityAnswer((int)response.StatusCode, Anonymous(text));
    }

    private static async Task<string> ReadEventsAsync(HttpResponseMessage response, int count, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken), Encoding.UTF8);
        var events = new JsonArray();
        while (events.Count < count && await reader.ReadLineAsync(cancellationToken) is { } line)
            events.Add(JsonNode.Parse(line));
        return events.ToJsonString();
    }

    private static JsonNode? Json(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (global::System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private string Fill(string text) => Placeholder().Replace(text, match => match.Groups["name"].Value is "ns" ? namespaceName : _remembered[match.Groups["name"].Value]);

    /// <summary>The answer without what differs between any two clusters.</summary>
    private string Anonymous(string text)
    {
        text = text.Replace(namespaceName, "{ns}", StringComparison.Ordinal);
        text = Uid().Replace(text, "{uid}");
        text = Instant().Replace(text, "{time}");
        text = TooOld().Replace(text, "too old resource version: {n} ({n})");
        text = CurrentVersion().Replace(text, ", current: {n}");
        return PreconditionVersion().Replace(text, "ResourceVersion in object meta: {n}");
    }

    [GeneratedRegex(@"\{(?<name>ns|(rv|uid|continue):[a-z]+)\}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Placeholder();

    [GeneratedRegex("(?!00000000)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Uid();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Instant();

    [GeneratedRegex(@"too old resource version: \d+ \(\d+\)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex TooOld();

    [GeneratedRegex(@", current: \d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex CurrentVersion();

    [GeneratedRegex(@"ResourceVersion in object meta: \d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex PreconditionVersion();
}

/// <summary>What a server answered, without what differs between any two clusters.</summary>
internal sealed record ParityAnswer(int Code, string Text);
