package credential

// ClaimFor is how long a process has for a refresh.
const ClaimFor = claimFor
