terraform {
  # Write-only arguments keep the API secret out of the state; azapi 2.11 takes them in actions.
  required_version = ">= 1.11"

  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = ">= 2.11, < 3.0"
    }
  }
}
