// placeholder until the stage's files land
