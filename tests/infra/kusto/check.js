// Reads a JSON list of queries from standard input; writes for each a list of what Microsoft's analyzer says.
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const folder = path.dirname(require.resolve("@kusto/language-service-next"));
for (const file of ["bridge.min.js", "bridge.meta.min.js", "Kusto.Language.Bridge.min.js"]) {
  vm.runInThisContext(fs.readFileSync(path.join(folder, file), "utf8"), { filename: file });
}
const { KustoCode, GlobalState, Symbols } = Kusto.Language;

// The columns that the queries can use, as Azure Monitor's reference of tables lists them.
const TABLES = {
  AppTraces: "_ResourceId:string, TimeGenerated:datetime, Message:string, SeverityLevel:int, OperationName:string, OperationId:string, AppRoleName:string, AppRoleInstance:string, Properties:dynamic",
  AppRequests: "_ResourceId:string, TimeGenerated:datetime, Name:string, Success:bool, ResultCode:string, DurationMs:real, OperationName:string, OperationId:string, AppRoleName:string, AppRoleInstance:string, Properties:dynamic",
  AppExceptions: "_ResourceId:string, TimeGenerated:datetime, ExceptionType:string, OuterMessage:string, OperationName:string, OperationId:string, AppRoleName:string, Properties:dynamic",
  AegDeliveryFailureLogs: "TimeGenerated:datetime, EventSubscriptionName:string, Message:string, OperationName:string, SubResourceName:string, _ResourceId:string",
};
const tables = Object.entries(TABLES).map(([name, columns]) => Symbols.TableSymbol.From(`(${columns})`).WithName(name));
const database = new Symbols.DatabaseSymbol.$ctor3("workspace", null, System.Array.init(tables, Symbols.Symbol), false);
const globals = GlobalState.Default.WithDatabase(database);

const faults = JSON.parse(fs.readFileSync(0, "utf8")).map((query) => {
  const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  return Array.from({ length: found.Count }, (_, index) => {
    const one = found.getItem(index);
    return `${one.Code} ${one.Message} At: ${query.slice(one.Start, one.Start + 40)}`;
  });
});
process.stdout.write(JSON.stringify(faults));
