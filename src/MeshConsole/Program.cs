var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseStaticWebAssets();
var app = builder.Build();
app.MapGet("/healthz", () => "ok");
await app.RunAsync();
