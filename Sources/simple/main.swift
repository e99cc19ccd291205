import CPlatform
exit(0)
