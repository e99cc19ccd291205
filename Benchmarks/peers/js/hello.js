console.log("Hello, Simple!");
