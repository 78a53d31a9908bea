using MeshConsole.Components;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseStaticWebAssets();
builder.Services.AddUserInterface();
var app = builder.Build();
app.MapGet("/healthz", () => "ok");
app.UseAntiforgery();
app.MapUserInterface();
await app.RunAsync();
