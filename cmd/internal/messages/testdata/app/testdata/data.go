package data

func f() { log.Print("No message of data") }
