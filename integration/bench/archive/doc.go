// Package archive fills the directory of a stopped store with the pages of many
// made-up installations, so that lookups can be measured in a store of millions.
//
// The rows are made and committed as a store makes and commits those of pages that
// were sent to it; nothing goes through a relay, which would take hours. A few
// installations are known by their ID. Of the others there are rows only, as long
// and as random as real ones, which no ID opens.
package archive
