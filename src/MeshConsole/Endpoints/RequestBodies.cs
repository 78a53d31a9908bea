using System.Text.Json;
using System.Text.Json.Serialization;
using MeshConsole.Mesh.Changes.Execution;
using Microsoft.OpenApi;

namespace MeshConsole.Endpoints;

/// <summary>
/// Bodies of requests, read strictly: an unknown field is refused, since a mistyped <c>stages</c> must not become the default
/// plan. They are read here and not bound by the framework, so that whatever is wrong is answered with a problem document, and
/// a step without a body is a step without a body.
/// </summary>
internal static class RequestBodies
{
    private const int LongestBody = 64 * 1024;

    private static readonly JsonSerializerOptions s_bodies = new(ApiJson.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        MaxDepth = 16,
    };

    /// <summary>Tells the OpenAPI document of the body.</summary>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder endpoint, bool required) =>
        endpoint.AddOpenApiOperationTransformer(async (operation, context, cancellationToken) => operation.RequestBody = new OpenApiRequestBody
        {
            Required = required,
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                ["application/json"] = new() { Schema = await context.GetOrCreateSchemaAsync(typeof(T), null, cancellationToken) },
            },
        });

    /// <summary>Reads the body.</summary>
    /// <param name="absent">Stands for no body; null where one is required.</param>
    /// <exception cref="ChangeException">It cannot be read.</exception>
    public static async Task<T> ReadAsync<T>(this HttpContext context, T? absent, CancellationToken cancellationToken)
        where T : class
    {
        var request = context.Request;
        if (request.ContentLength is 0 || (request.ContentLength is null && request.Headers.TransferEncoding.Count == 0))
        {
            return absent ?? throw Unreadable("a JSON body is expected");
        }

        if (!request.HasJsonContentType())
        {
            throw Unreadable("a body of type application/json is expected");
        }

        if (request.ContentLength > LongestBody)
        {
            throw Unreadable($"the body may have at most {LongestBody} bytes");
        }

        try
        {
            // One byte more than is allowed tells a body that is too long from one that just fits.
            var buffer = new byte[LongestBody + 1];
            var length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            return length > LongestBody
                ? throw Unreadable($"the body may have at most {LongestBody} bytes")
                : JsonSerializer.Deserialize<T>(buffer.AsSpan(0, length), s_bodies) ?? absent ?? throw Unreadable("null says nothing");
        }
        catch (JsonException exception)
        {
            throw Unreadable($"{exception.Path ?? "$"}: {FirstLine(exception.Message)}");
        }
    }

    private static ChangeException Unreadable(string problem) => new(ChangeFault.Invalid, "invalid-body", $"The request cannot be read: {problem}. GET /openapi/v1.json shows what is expected.");

    private static string FirstLine(string text) => text.Split(" Path:")[0].TrimEnd('.');
}
