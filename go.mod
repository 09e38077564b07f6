module github.com/tacit-telemetry/tacit

go 1.26.0

require (
	github.com/fxamacker/cbor/v2 v2.9.6
	github.com/klauspost/compress v1.20.3
)

require github.com/x448/float16 v0.8.4 // indirect
