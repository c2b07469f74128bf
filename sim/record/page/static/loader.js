// Unpacks the page's modules and lets them import each other by bare name; classic, because it runs before any module.
(async () => {
  const failed = (error) => {
    const place = document.getElementById("problem");
    place.hidden = false;
    place.textContent = `This page needs a current browser with WebGL: ${error.message ?? error}`;
  };
  window.addEventListener("unhandledrejection", (event) => failed(event.reason));
  try {
    const bytes = Uint8Array.from(atob(document.getElementById("modules").textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const modules = JSON.parse(await new Response(stream).text());
    const imports = {};
    for (const [name, source] of Object.entries(modules)) {
      imports[name] = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    }
    const map = document.createElement("script");
    map.type = "importmap";
    map.textContent = JSON.stringify({ imports });
    document.head.append(map);
    const { start } = await import("main");
    await start();
  } catch (error) {
    failed(error);
    console.error(error);
  }
})();
