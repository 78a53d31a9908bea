using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MeshConsole.Authentication;
using MeshConsole.Configuration;
using MeshConsole.Endpoints;
using MeshConsole.Mesh.Access;

namespace MeshConsole.Tests.Host;

[Collection(ConsoleCollection.Name)]
public sealed class IdentityTests(ConsoleFactory console)
{
    [Fact]
    public async Task UnknownToken_IsRefusedAndNotTakenForAnAnonymousViewer()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/status");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "guessed");

        using var response = await console.Http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.ShouldHaveSingleItem().Scheme.ShouldBe("Bearer");
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString().ShouldBe("unknown-token");
    }

    [Fact]
    public async Task TokenOfAPersona_ReadsOnTheEmbeddedMesh()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/status");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "demo-omar");

        using var response = await console.Http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Persona_IsKeptInACookieThatScriptsAndOtherSitesDoNotSee()
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        using var http = new HttpClient(handler) { BaseAddress = console.Address };
        using var form = new FormUrlEncodedContent([new("persona", "anna"), new("returnTo", "traffic?namespace=payments")]);

        using var response = await http.PostAsync(new Uri("/persona", UriKind.Relative), form);

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.ToString().ShouldBe("/traffic?namespace=payments");
        var cookie = response.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
        cookie.ShouldContain("meshconsole-persona=anna");
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=strict");
    }

    [Fact]
    public async Task Persona_OfAnotherSitesForm_IsRefused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/persona") { Content = new FormUrlEncodedContent([new("persona", "ada")]) };
        request.Headers.Add("Origin", "https://evil.example");

        using var response = await console.Http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("traffic?namespace=a", "traffic?namespace=a")]
    [InlineData("", "")]
    [InlineData(null, "")]
    [InlineData("//evil.example", "")]
    [InlineData("/\\evil.example", "")]
    [InlineData("https://evil.example", "")]
    [InlineData("javascript:alert(1)", "")]
    [InlineData("traffic?x=https://evil.example", "")]
    [InlineData("a\r\nSet-Cookie: x=y", "")]
    public void ReturnAddress_StaysInTheConsole(string? given, string expected) => PersonaEndpoints.LocalPath(given).ShouldBe(expected);

    [Fact]
    public void Tokens_OfOneSubjectAreOnePerson()
    {
        var tokens = Tokens(demo: false, ("laptop", "first", "Mia"), ("phone", "second", "mia"), ("ci", "third", null));

        tokens.Find("first")!.Person.ShouldBe(tokens.Find("second")!.Person);
        tokens.Find("third")!.Person.ShouldBe(new PersonId("api-token", "ci"));
        tokens.Find("fourth").ShouldBeNull();
        tokens.Find("").ShouldBeNull();
    }

    [Fact]
    public void TokensOfPersonas_AreNoneOutsideTheEmbeddedMesh()
    {
        Tokens(demo: false).Find("demo-ada").ShouldBeNull();
        Tokens(demo: true).Find("demo-ada")!.Has(Role.Admin).ShouldBeTrue();
        Tokens(demo: true).Find("demo-nobody").ShouldBeNull();
    }

    [Fact]
    public void Actor_SurvivesItsClaims()
    {
        foreach (var actor in new[]
        {
            Personas.Find("omar")!.ToActor() with { Address = "127.0.0.1", UserAgent = "curl", Session = "s" },
            Tokens(demo: false, ("t", "first", "Mia")).Find("first")! with { Namespaces = [] },
            Tokens(demo: false, ("t", "first", null)).Find("first")! with { Namespaces = ["payments", "ledger"], ClusterIdentity = null },
        })
        {
            var back = ActorClaims.ToActor(ActorClaims.ToPrincipal(actor));

            JsonSerializer.Serialize(back).ShouldBe(JsonSerializer.Serialize(actor));
        }

        ActorClaims.ToActor(null).ShouldBe(Actor.Anonymous);
    }

    [Fact]
    public void LimitOfNoNamespaces_AllowsNothing()
    {
        var actor = Personas.Find("ada")!.ToActor() with { Namespaces = [] };

        actor.HasIn(Role.Operator, "payments").ShouldBeFalse();
        actor.Has(Role.Approver).ShouldBeFalse("an admin approves only with the role of an approver");
        Actor.Anonymous.Has(Role.Viewer).ShouldBeTrue();
        Actor.Anonymous.Has(Role.Operator).ShouldBeFalse();
        Actor.Anonymous.ClusterIdentity.ShouldBeNull();
    }

    private static ApiTokens Tokens(bool demo, params (string Name, string Token, string? Subject)[] tokens) => new(new MeshConsoleOptions
    {
        Demo = demo,
        Auth = new AuthOptions
        {
            ApiTokens = [.. tokens.Select(t => new ApiTokenOptions { Name = t.Name, Sha256 = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(t.Token))), Subject = t.Subject, Roles = ["operator"] })],
        },
    });
}
