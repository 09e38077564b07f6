package other

func f() { log.Print("No message of others") }
