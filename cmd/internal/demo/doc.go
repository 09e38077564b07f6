// Package demo makes up the fleet of the demo: 300 installations of two products
// that do not exist, and what each of them reports on 30 days. It sends nothing
// and reads no host; who runs it has agents report what it returns.
//
// It promises that one seed and one last day always give the same fleet: the
// same hosts, records, values and times. Installation IDs and keys are not its
// own, and are drawn anew each time. Every record is one that the registry of
// the example ([github.com/tacit-telemetry/tacit/schema/registry/example])
// names.
//
// # What is real
//
// The shares of what hosts are, as they were published:
//
//   - Operating systems and their versions, main memory and processor cores:
//     Steam Hardware & Software Survey, April 2026, all platforms
//     (https://store.steampowered.com/hwsurvey; the rows of that month as kept by
//     https://github.com/jdegene/steamHWsurvey). Its rows under a twentieth of a
//     per cent and its rows "Other" are left out. It tells Windows 10 and 11 and
//     no build: each is the last build of its line here. Cores are physical ones.
//     It is of people who play; no survey of offices is as open.
//   - Countries: GitHub Innovation Graph, developers by economy, third quarter of
//     2025 (https://innovationgraph.github.com, CC0), the thirty largest; the
//     European Union's row is left out, since its members have rows.
//
// # What is made up
//
// All else: which editions and browsers, how often a user does what and how long
// it takes, who has Engine on the same host, and when a host is off. There is
// nobody whose numbers these could be.
//
// # What is planted
//
//   - From 5.3.0 on, opening takes about seven times as long as under 5.2.0, for
//     everybody. Nobody wrote an issue about it.
//   - From 5.3.0 on, search fails with search_timeout in engine.Query on some of
//     the hosts whose server is at the customer. [Issues] has the known issue.
//   - The demo's user updated two days ago. Of 15 searches since then 14 failed.
//
// The others are sound, but for the errors that every product has now and then.
package demo
