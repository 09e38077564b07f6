package main

func TestLog() { log.Printf("No message of a test") }
