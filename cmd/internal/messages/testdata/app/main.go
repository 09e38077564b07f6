// Package main is a product that logs in every way that is listed.
package main

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"
)

const (
	started = "Started " + version + " of the product"
	version = "5.3"
	itself  = itself
)

func main() {
	log.Println(started)
	log.Println("Opened", os.Args[1], "in", time.Since(begun))
	log.Print("Read "+name+" twice: ", err)
	log.Printf("Copied %d of %d files to %q in %v\n", len(files), total, target.Path, took)
	log.Printf("Copied %[2]s over %[1]s, %d%% done {%s%s}", from, to, percent, unit, rest)
	log.Printf("Padded %-*s|%6.2f", width, name, share)
	log.Printf(format, name)
	log.Printf("%s: %v", name, err)
	log.Print("Two lines:\n", name)
	log.Fatalf("Could not open %s: %v", path, err)
	log.Printf("Could not open %s: permission denied for %s", path, user)
	log.Panic(itself)
	logger := log.New(os.Stderr, "", 0)
	logger.Printf("Gave up after %d attempts", *attempts)
	http.Error(w, "No listed message", http.StatusNotFound)
	fmt.Printf("No listed message, either: %s\n", name)
	fmt.Println(fmt.Errorf("open %s: %w", path, errors.New("100% of the disk is used")))
}
