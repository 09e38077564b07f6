// Package crowd is many made-up installations that send pages to a real relay,
// as fast as relay and store take them: what fills a store with a million pages
// in minutes. A few of them are known by their ID, and what they told; of the
// others nothing is kept.
//
// It seals as an agent does, with the forms of anon and schema, and speaks NATS.
// Of relay and store it has no code. Every page must be answered "stored" by the
// store itself, or Send fails.
package crowd
