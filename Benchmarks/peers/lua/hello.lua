print("Hello, Simple!")
