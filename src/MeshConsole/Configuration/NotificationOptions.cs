namespace MeshConsole.Configuration;

/// <summary>Who is told of changes.</summary>
public sealed class NotificationOptions
{
    public List<WebhookOptions> Webhooks { get; set; } = [];
}

/// <summary>A receiver over HTTP. Every message is signed with the secret it shares with the console.</summary>
public sealed class WebhookOptions
{
    public string Name { get; set; } = "";

    /// <summary>Absolute http or https address.</summary>
    public string Url { get; set; } = "";

    /// <summary>File with the shared secret, at least 16 bytes; read again for every message, so that it can be rotated.</summary>
    public string SecretFile { get; set; } = "";

    public WebhookFormat Format { get; set; } = WebhookFormat.Json;

    /// <summary>Types to send, for example <c>change.submitted</c>; empty means all.</summary>
    public List<string> Types { get; set; } = [];
}

public enum WebhookFormat
{
    Json,
    CloudEvents,
}
