package sim_test

// inside says whether this binary is the simulation: its build replaces this
// file.
const inside = false
