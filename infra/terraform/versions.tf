terraform {
  # Write-only arguments keep the API secret out of the state.
  required_version = ">= 1.11"

  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = ">= 2.6, < 3.0"
    }
  }
}
