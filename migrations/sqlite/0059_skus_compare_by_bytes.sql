-- A spec tells the SKUs of a product apart: text compares by its bytes here from the start. The step keeps the numbers of both folders equal; safe to repeat.
SELECT 1;
